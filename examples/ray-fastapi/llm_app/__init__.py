"""An own FastAPI application for language models whose metrics add up over all of its processes."""
