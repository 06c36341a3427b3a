#!/usr/bin/env node
/**
 * The component package as a Pulumi plugin: the engine starts it by `PulumiPlugin.yaml` or, as
 * `pulumi-resource-vllm-monitoring`, from PATH. Importing this module starts the server.
 */
import { main } from "@pulumi/pulumi/provider/index.js";
import { readFileSync } from "node:fs";

import { PLUGIN_COMPONENTS } from "./components.ts";
import { ComponentProvider } from "./provider.ts";
import { SCHEMA_FILE, type PackageSchema } from "./schema.ts";

const read = (file: URL): unknown => JSON.parse(readFileSync(file, "utf8"));
const { version } = read(new URL("../package.json", import.meta.url)) as { version: string };
const provider = new ComponentProvider(read(SCHEMA_FILE) as PackageSchema, version, PLUGIN_COMPONENTS);

// No await: the language host loads this module by `require`.
void main(provider, process.argv.slice(2));
