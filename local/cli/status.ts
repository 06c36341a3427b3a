import { supervisorOf } from "../embedded.ts";
import { layout } from "../environment/environment.ts";
import { PrometheusApi } from "./prometheus-api.ts";
import { table } from "./progress.ts";
import { openSession } from "./session.ts";
import { summary, urls } from "./summary.ts";
import { lookAt } from "./up.ts";

/** `make status`: what runs, what is wrong, where to look and what fires. Exit code 1 when anything is wrong. */
export async function status(name: string): Promise<boolean> {
  const session = openSession(name);
  if (!session.isEmbedded) {
    console.log(`${name} is not embedded; ask its cluster: kubectl get pods --all-namespaces`);
    return true;
  }
  const supervisor = supervisorOf(session.environment);
  const names = supervisor.names();
  if (names.length === 0) {
    console.log("not up; start it with `make up`");
    return false;
  }
  console.log(
    table([
      ["PROCESS", "STATE", "LOG"],
      ...names.map((process) => [
        process,
        supervisor.isRunning(process) ? "running" : "ended; `make up` starts it again",
        supervisor.logFile(process),
      ]),
    ]),
  );
  const { problems, pods } = await lookAt(session)();
  console.log(problems.length === 0 ? "\nhealthy\n" : `\nnot healthy:\n  ${problems.join("\n  ")}\n`);
  if (problems.length === 0) {
    const prometheus = new PrometheusApi(urls(session.environment).prometheus);
    console.log(await summary(session.environment, layout(session.environment).kubeconfig, prometheus, pods));
  }
  return problems.length === 0;
}
