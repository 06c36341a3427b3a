import type * as pulumi from "@pulumi/pulumi";

/** A part of a document that has yet to be resolved. */
export type Json =
  pulumi.Input<string | number | boolean> | Json[] | { [key: string]: Json | undefined } | undefined;

/** The items under a key, or nothing when there are none. */
export function list<K extends string>(key: K, items: Json[]): { [P in K]?: Json } {
  return (items.length === 0 ? {} : { [key]: items }) as { [P in K]?: Json };
}

/** A value under a key, or nothing when there is none. */
export function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
