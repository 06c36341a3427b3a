/** The workflow files: what they may do, and their commands run for real against servers that answer as theirs do. */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";

import { COMMENT_MARKER } from "../../../review/report/markdown.ts";
import { ProjectCopy } from "../../support/project-copy.ts";

const examples = join(import.meta.dirname, "../../../examples/ci");

interface Step {
  name?: string;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Job {
  permissions?: Record<string, string>;
  steps: Step[];
}
interface GitlabJob {
  script: string[];
  variables?: Record<string, string>;
}

const github = parse(readFileSync(join(examples, "github-actions.yml"), "utf8")) as {
  permissions: Record<string, string>;
  jobs: { review: Job; comment: Job };
};
const gitlab = parse(readFileSync(join(examples, "gitlab-ci.yml"), "utf8")) as {
  review: GitlabJob;
  "review-comment": GitlabJob;
};

let copy: ProjectCopy;
beforeAll(() => {
  copy = new ProjectCopy();
});
afterAll(() => {
  copy.remove();
});

/** Runs a script as the runner does, with `node` on PATH. Installing the packages is left out: they are there. */
async function runScript(
  script: string,
  directory: string,
  environment: Record<string, string>,
): Promise<string> {
  const child = spawn("bash", ["-e", "-c", script.replace(/^npm ci .*$/m, "true")], {
    cwd: directory,
    env: {
      PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
      HOME: directory,
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`exit code ${String(code)}: ${output}`);
  return output;
}

function runs({ steps }: Job): string {
  return steps.flatMap(({ run }) => (run === undefined ? [] : [run])).join("\n");
}

describe("the rights", () => {
  it("of GitHub's jobs are the least", () => {
    expect(github.permissions).toEqual({});
    expect(github.jobs.review.permissions).toEqual({ contents: "read" });
    expect(github.jobs.comment.permissions).toEqual({ "pull-requests": "write" });
    // What may write runs nothing of the pull request, and what runs it keeps no token.
    expect(github.jobs.comment.steps.some(({ uses }) => uses?.startsWith("actions/checkout") === true)).toBe(
      false,
    );
    expect(runs(github.jobs.comment)).not.toContain("review/cli.ts");
    const [checkout] = github.jobs.review.steps;
    expect(checkout?.with).toMatchObject({ "persist-credentials": false });
    expect(JSON.stringify(github.jobs.review)).not.toMatch(/secrets\.|github\.token/);
  });

  it("go to actions of one known content", () => {
    const used = Object.values(github.jobs).flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []));
    expect(used.length).toBeGreaterThan(3);
    for (const action of used) expect(action).toMatch(/^actions\/[\w-]+@[0-9a-f]{40}$/);
  });

  it("of GitLab's jobs are the least", () => {
    expect(gitlab.review.variables).toMatchObject({ REVIEW_TOKEN: "" });
    expect(gitlab["review-comment"].variables).toMatchObject({ GIT_STRATEGY: "none" });
    expect(gitlab["review-comment"].script.join("\n")).not.toContain("review/cli.ts");
  });
});

describe("the review job", () => {
  it("of GitHub writes the report of what the merge changes", async () => {
    copy.git("checkout", "--quiet", "-b", "pull");
    copy.replace("stacks/Pulumi.prod.yaml", "repeatInterval: 4h", "repeatInterval: 6h");
    copy.commit("Change");
    copy.git("checkout", "--quiet", "main");
    copy.git("merge", "--quiet", "--no-ff", "--message", "Merge", "pull");
    await runScript(runs(github.jobs.review), copy.root, { GITHUB_STEP_SUMMARY: copy.path("summary.md") });
    expect(copy.read("review.md")).toContain("repeat `4h` → `6h`");
    expect(copy.read("summary.md")).toBe(copy.read("review.md"));
  });

  it("of GitLab writes the report against the base of the merge request", async () => {
    const base = copy.git("rev-parse", "HEAD");
    copy.replace("stacks/Pulumi.prod.yaml", "repeatInterval: 6h", "repeatInterval: 5h");
    copy.commit("Change again");
    await runScript(gitlab.review.script.join("\n"), copy.root, { CI_MERGE_REQUEST_DIFF_BASE_SHA: base });
    expect(copy.read("review.md")).toContain("repeat `6h` → `5h`");
  });
});

describe("the comment job", () => {
  interface Comment {
    id: number;
    body: string;
    user: { type: string };
    author: { id: number };
  }
  let server: Server;
  let comments: Comment[] = [];
  let calls: string[] = [];
  let directory = "";

  /** What both services have in common: comments of one request, a hundred a page, for the holder of the token alone. */
  beforeEach(async () => {
    comments = [];
    calls = [];
    directory = mkdtempSync(join(tmpdir(), "vllm-monitoring-comment-"));
    server = createServer((request, response) => {
      void answer(request).then(({ status, content }) => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function answer(request: IncomingMessage): Promise<{ status: number; content: unknown }> {
    const url = new URL(request.url ?? "", "http://localhost");
    const { method = "" } = request;
    let text = "";
    for await (const chunk of request) text += String(chunk as Buffer);
    const { authorization, "private-token": privateToken } = request.headers;
    if (authorization !== "Bearer right" && privateToken !== "right")
      return { status: 401, content: { message: "no" } };
    if (method !== "GET") calls.push(`${method} ${url.pathname}`);
    if (url.pathname.endsWith("/user")) return { status: 200, content: { id: 7 } };
    const own = { user: { type: "Bot" }, author: { id: 7 } };
    if (method === "GET") {
      const page = Number(url.searchParams.get("page"));
      return { status: 200, content: comments.slice((page - 1) * 100, page * 100) };
    }
    const { body } = JSON.parse(text) as { body: string };
    if (method === "POST") {
      comments.push({ id: comments.length + 1, body, ...own });
      return { status: 201, content: {} };
    }
    const known = comments.find(({ id }) => url.pathname.endsWith(`/${String(id)}`));
    if (known === undefined) return { status: 404, content: {} };
    known.body = body;
    return { status: 200, content: {} };
  }

  async function post(service: "github" | "gitlab", report: string, token = "right"): Promise<string> {
    writeFileSync(join(directory, "review.md"), report);
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    return service === "github"
      ? runScript(runs(github.jobs.comment), directory, {
          GITHUB_API_URL: url,
          GITHUB_REPOSITORY: "a/b",
          NUMBER: "12",
          TOKEN: token,
        })
      : runScript(gitlab["review-comment"].script.join("\n"), directory, {
          CI_API_V4_URL: url,
          CI_PROJECT_ID: "3",
          CI_MERGE_REQUEST_IID: "12",
          REVIEW_TOKEN: token,
        });
  }

  const stranger = (id: number, body: string): Comment => ({
    id,
    body,
    user: { type: "User" },
    author: { id: 99 },
  });

  describe.each(["github", "gitlab"] as const)("of %s", (service) => {
    it("writes one comment and updates it from then on", async () => {
      await post(service, `${COMMENT_MARKER}\nfirst`);
      await post(service, `${COMMENT_MARKER}\nsecond, with \`ticks\` and "quotes" and $HOME`);
      expect(comments.map(({ body }) => body)).toEqual([
        `${COMMENT_MARKER}\nsecond, with \`ticks\` and "quotes" and $HOME`,
      ]);
      expect(calls.map((call) => call.split(" ")[0])).toEqual([
        "POST",
        service === "github" ? "PATCH" : "PUT",
      ]);
    });

    it("finds its comment behind a hundred others, and leaves those of people alone", async () => {
      comments = Array.from({ length: 130 }, (_, index) =>
        stranger(index + 1, `${COMMENT_MARKER} quoted by somebody`),
      );
      comments.push({ id: 131, body: `${COMMENT_MARKER}\nold`, user: { type: "Bot" }, author: { id: 7 } });
      await post(service, `${COMMENT_MARKER}\nnew`);
      expect(comments).toHaveLength(131);
      expect(comments[130]?.body).toBe(`${COMMENT_MARKER}\nnew`);
    });

    it("says nothing when nothing changes, unless it said something before", async () => {
      const none = `${COMMENT_MARKER}\n## Review\n\n**No changes** in \`dev\`.`;
      await post(service, none);
      expect(comments).toEqual([]);
      await post(service, `${COMMENT_MARKER}\nsomething`);
      await post(service, none);
      expect(comments.map(({ body }) => body)).toEqual([none]);
    });

    it("fails loudly without the right to comment, and doesn't show the token", async () => {
      const failed = post(service, `${COMMENT_MARKER}\nx`, "wrong-token");
      await expect(failed).rejects.toThrow(/401/);
      await expect(failed).rejects.not.toThrow(/wrong-token/);
    });
  });
});
