/** Code that stands in the documents. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

const root = join(import.meta.dirname, "../..");

export interface Snippet {
  /** Document, from the root of the project. */
  document: string;
  /** Which of the document's it is, from 1. */
  number: number;
  text: string;
}

/** The fenced blocks of a language in README.md, docs/ and the page of the npm package. */
export function snippetsOf(language: string): Snippet[] {
  const files = ["README.md", "package/README.md", "docs"].flatMap((name) => {
    const path = join(root, name);
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".md"))
      .sort()
      .map((file) => join(path, file));
  });
  const fence = new RegExp(String.raw`^( *)\`\`\`${language}\n([^]*?)^\1\`\`\``, "gm");
  return files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(fence)].map(([, indentation = "", text = ""], index) => ({
      document: relative(root, file),
      number: index + 1,
      text: text.replaceAll(new RegExp(`^${indentation}`, "gm"), ""),
    })),
  );
}
