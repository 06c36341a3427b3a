/** What an account may do, asked of the real authoriser of a test's API server. */
import type { ApiServer } from "./api-server.ts";

/** A ServiceAccount. */
export interface Account {
  namespace: string;
  name: string;
}

const VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
/** Subresources that only kubelets serve, or that are verbs in disguise: discovery does not name them. */
const HIDDEN = [
  "nodes/metrics",
  "nodes/stats",
  "nodes/log",
  "nodes/checkpoint",
  "nodes/healthz",
  "nodes/pods",
];

/** Questions at a time: each is a connection. */
const AT_A_TIME = 32;

/** User name by which the API server knows the account, also for impersonation. */
export function userOf({ namespace, name }: Account): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/**
 * Every right on a resource that the account has by being itself, for each resource that the API server serves and each
 * verb, sorted: `list deployments.apps`. What every account has is left out.
 *
 * @param namespace where it is asked; undefined: in the cluster as a whole
 */
export async function rightsOf(
  server: ApiServer,
  account: Account,
  namespace: string | undefined,
): Promise<string[]> {
  const questions = (await resourcesOf(server)).flatMap(({ group, name }) =>
    VERBS.map((verb) => questionOf(verb, group, name, namespace)),
  );
  const own = await granted(server, account, questions);
  const common = await granted(server, { namespace: "kube-public", name: "stranger" }, own);
  return own
    .filter((question) => !common.includes(question))
    .map(({ right }) => right)
    .sort();
}

/** A right as {@link rightsOf} names it; `group` is empty for the core API. */
export function rightOf(verb: string, group: string, resource: string): string {
  return `${verb} ${resource}${group === "" ? "" : `.${group}`}`;
}

/** The authoriser's answer on one access of an account: the SubjectAccessReview with its status. */
export async function review(server: ApiServer, account: Account, access: object): Promise<object> {
  return await server.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: { user: userOf(account), groups: groupsOf(account), ...access },
  });
}

interface Resource {
  group: string;
  /** With its subresource, such as `pods/log`. */
  name: string;
}

async function resourcesOf(server: ApiServer): Promise<Resource[]> {
  const { groups } = (await server.request("GET", "/apis")) as {
    groups: { name: string; preferredVersion: { groupVersion: string } }[];
  };
  const versions = [
    { group: "", path: "/api/v1" },
    ...groups.map(({ name, preferredVersion }) => ({
      group: name,
      path: `/apis/${preferredVersion.groupVersion}`,
    })),
  ];
  const found: Resource[] = HIDDEN.map((name) => ({ group: "", name }));
  for (const { group, path } of versions) {
    const { resources } = (await server.request("GET", path)) as { resources: { name: string }[] };
    found.push(...resources.map(({ name }) => ({ group, name })));
  }
  return found;
}

interface Question {
  right: string;
  resourceAttributes: object;
}

function questionOf(verb: string, group: string, name: string, namespace: string | undefined): Question {
  const [resource, subresource] = name.split("/");
  return {
    right: rightOf(verb, group, name),
    resourceAttributes: { verb, group, resource, subresource, namespace },
  };
}

/** Those of the questions that the authoriser answers with yes. */
async function granted(server: ApiServer, account: Account, questions: Question[]): Promise<Question[]> {
  const ask = async (question: Question): Promise<Question[]> => {
    const { resourceAttributes } = question;
    const answer = await review(server, account, { resourceAttributes });
    return (answer as { status: { allowed: boolean } }).status.allowed ? [question] : [];
  };
  const answers: Question[] = [];
  for (let first = 0; first < questions.length; first += AT_A_TIME)
    answers.push(...(await Promise.all(questions.slice(first, first + AT_A_TIME).map(ask))).flat());
  return answers;
}

/** Groups of every account, as the API server gives them. */
function groupsOf({ namespace }: Account): string[] {
  return ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
}
