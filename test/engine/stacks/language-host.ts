/**
 * A stand-in for pulumi-language-nodejs, which no package registry has: as much of it as runs a program that needs no
 * compiler. It starts the SDK's own entry (`@pulumi/pulumi/cmd/run`) in the way the official host does.
 */
import type { handleServerStreamingCall, handleUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import languageRpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
// The copy that the SDK uses; this project does not depend on it directly.
const grpc = createRequire(require.resolve("@pulumi/pulumi"))(
  "@grpc/grpc-js",
) as typeof import("@grpc/grpc-js");

/** Exit code by which the SDK says that it has told the user what is wrong (cmd/run/index.js). */
const ALREADY_REPORTED = 32;

let engineAddress = process.argv.at(-1) ?? "";

// An engine that is done does not always stop the hosts of its plugins. The official host asks for its health; the engine is
// the parent of this one.
const engineProcess = process.ppid;
setInterval(() => {
  if (process.ppid !== engineProcess) process.exit();
}, 500).unref();

const run: handleUnaryCall<language.RunRequest, language.RunResponse> = (call, callback) => {
  const { request } = call;
  const info = request.getInfo();
  const config = Object.fromEntries(request.getConfigMap().entries() as Iterable<[string, string]>);
  const child = spawn(
    process.execPath,
    [
      require.resolve("@pulumi/pulumi/cmd/run/index.js"),
      `--monitor=${request.getMonitorAddress()}`,
      `--engine=${engineAddress}`,
      `--organization=${request.getOrganization()}`,
      `--project=${request.getProject()}`,
      `--stack=${request.getStack()}`,
      `--root-directory=${info?.getRootDirectory() ?? ""}`,
      `--parallel=${String(request.getParallel())}`,
      ...(request.getDryrun() ? ["--dry-run"] : []),
      info?.getEntryPoint() ?? ".",
    ],
    {
      cwd: info?.getProgramDirectory(),
      env: {
        ...process.env,
        PULUMI_CONFIG: JSON.stringify(config),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
        PULUMI_NODEJS_TYPESCRIPT: "false",
      },
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  child.once("error", (error) => {
    callback(error, null);
  });
  child.once("close", (code) => {
    const response = new language.RunResponse();
    if (code === ALREADY_REPORTED) response.setBail(true);
    else if (code !== 0) response.setError(`the program ended with exit code ${String(code)}`);
    callback(null, response);
  });
};

/** A package that is a Node program, such as the built one of this project: its output is the plugin's. */
const runPlugin: handleServerStreamingCall<language.RunPluginRequest, language.RunPluginResponse> = (
  call,
) => {
  const { request } = call;
  const variables = Object.fromEntries(
    request.getEnvList().map((line): [string, string] => {
      const [name = "", ...value] = line.split("=");
      return [name, value.join("=")];
    }),
  );
  const child = spawn(
    process.execPath,
    [
      require.resolve("@pulumi/pulumi/cmd/run-plugin/index.js"),
      request.getInfo()?.getProgramDirectory() ?? ".",
      ...request.getArgsList(),
    ],
    {
      cwd: request.getPwd(),
      env: { ...process.env, ...variables, PULUMI_NODEJS_TYPESCRIPT: "false" },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const send = (fill: (response: language.RunPluginResponse) => void): void => {
    const response = new language.RunPluginResponse();
    fill(response);
    call.write(response);
  };
  child.stdout.on("data", (text: Buffer) => {
    send((response) => {
      response.setStdout(text);
    });
  });
  child.stderr.on("data", (text: Buffer) => {
    send((response) => {
      response.setStderr(text);
    });
  });
  // The engine is done with a plugin by ending the call.
  call.on("cancelled", () => child.kill());
  child.once("error", (error) => call.destroy(error));
  child.once("close", (code) => {
    send((response) => {
      response.setExitcode(code ?? 1);
    });
    call.end();
  });
};

function answer<Response>(make: () => Response): handleUnaryCall<unknown, Response> {
  return (_, callback) => {
    callback(null, make());
  };
}

const host: UntypedServiceImplementation = {
  handshake: ((call, callback) => {
    engineAddress = call.request.getEngineAddress();
    callback(null, new language.LanguageHandshakeResponse());
  }) satisfies handleUnaryCall<language.LanguageHandshakeRequest, language.LanguageHandshakeResponse>,
  getPluginInfo: answer(() => {
    const info = new plugin.PluginInfo();
    info.setVersion("3.259.0");
    return info;
  }),
  getRequiredPackages: answer(() => new language.GetRequiredPackagesResponse()),
  getRequiredPlugins: answer(() => new language.GetRequiredPluginsResponse()),
  run,
  runPlugin,
};

const server = new grpc.Server();
const { LanguageRuntimeService } = languageRpc as unknown as {
  LanguageRuntimeService: Parameters<typeof server.addService>[0];
};
server.addService(LanguageRuntimeService, host);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  // The engine reads the port from the first line.
  console.log(String(port));
});
