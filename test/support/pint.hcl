# pint without a Prometheus: what it can say of the rules alone.

checks {
  # Groups run side by side on purpose: what one records the other reads a moment later.
  disabled = ["rule/dependency"]
}

rule {
  match {
    name = "Watchdog"
  }
  disable = ["alerts/comparison"]
}

rule {
  match {
    # The price of a GPU divides by the GPUs of the node, which are only recorded where there are any.
    name = "model:cost_dollars_per_hour:sum"
  }
  disable = ["promql/nan"]
}

check "promql/regexp" {
  # LiteLLM names timeouts of several providers by exception classes that only share a part.
  smelly = false
}
