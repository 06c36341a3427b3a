import { describe, expect, it } from "vitest";

import type { PolicyDocument, PolicyStatement } from "../../../components/object-store/policies.ts";
import { Decision, evaluate } from "../../support/iam.ts";

const policy = (...Statement: PolicyStatement[]): PolicyDocument => ({ Version: "2012-10-17", Statement });
const allow = (rest: Partial<PolicyStatement> = {}): PolicyStatement => ({
  Effect: "Allow",
  Action: "s3:GetObject",
  Resource: "arn:aws:s3:::b/*",
  ...rest,
});
const get = (context?: Record<string, string>) => ({
  action: "s3:GetObject",
  resource: "arn:aws:s3:::b/x/y",
  ...(context === undefined ? {} : { context }),
});

describe("the evaluation of IAM policies", () => {
  it("denies what nothing allows", () => {
    expect(evaluate([], get())).toBe(Decision.ImplicitlyDenied);
    expect(evaluate([policy(allow())], get())).toBe(Decision.Allowed);
    expect(evaluate([policy(allow({ Resource: "arn:aws:s3:::c/*" }))], get())).toBe(
      Decision.ImplicitlyDenied,
    );
    expect(evaluate([policy(allow({ Action: ["s3:PutObject"] }))], get())).toBe(Decision.ImplicitlyDenied);
  });

  it("lets a denial win, in whichever document it stands", () => {
    const denied = policy({ Effect: "Deny", Action: "s3:*", Resource: "*" });
    expect(evaluate([policy(allow()), denied], get())).toBe(Decision.ExplicitlyDenied);
    expect(evaluate([denied, policy(allow())], get())).toBe(Decision.ExplicitlyDenied);
  });

  it.each([
    ["S3:getobject", "arn:aws:s3:::b/*", true],
    ["s3:Get*", "arn:aws:s3:::b/x/?", true],
    ["s3:Get?", "arn:aws:s3:::b/*", false],
    ["s3:GetObject", "arn:aws:s3:::b", false],
    ["s3:GetObject", "arn:aws:s3:::B/*", false],
    // A dot is a dot.
    ["s3.GetObject", "*", false],
  ])("matches %s on %s: %s", (Action, Resource, expected) => {
    const decision = evaluate([policy(allow({ Action, Resource }))], get());
    expect(decision === Decision.Allowed).toBe(expected);
  });

  it.each([
    [{ StringEquals: { k: "a" } }, { k: "a" }, true],
    [{ StringEquals: { k: ["b", "a"] } }, { K: "a" }, true],
    [{ StringEquals: { k: "a" } }, { k: "b" }, false],
    [{ StringEquals: { k: "a" } }, undefined, false],
    [{ StringLike: { k: "a*" } }, { k: "abc" }, true],
    [{ StringLikeIfExists: { k: "a*" } }, undefined, true],
    [{ StringLikeIfExists: { k: "a*" } }, { k: "b" }, false],
    [{ Bool: { k: "false" } }, { k: "false" }, true],
    [{ Bool: { k: "false" } }, { k: "true" }, false],
    [{ NumericLessThan: { k: "1.2" } }, { k: "1.1" }, true],
    [{ NumericLessThan: { k: "1.2" } }, { k: "1.2" }, false],
    [{ Null: { k: "true" } }, undefined, true],
    [{ Null: { k: "true" } }, { k: "a" }, false],
    [{ StringEquals: { k: "a", l: "b" } }, { k: "a" }, false],
    [{ StringEquals: { k: "a" }, Bool: { l: "true" } }, { k: "a", l: "true" }, true],
  ] as [PolicyStatement["Condition"], Record<string, string> | undefined, boolean][])(
    "with %j and %j: %s",
    (Condition, context, expected) => {
      const statement = allow(Condition === undefined ? {} : { Condition });
      expect(evaluate([policy(statement)], get(context)) === Decision.Allowed).toBe(expected);
    },
  );

  it("refuses what it does not know instead of passing over it", () => {
    expect(() => evaluate([policy(allow({ Condition: { DateLessThan: { k: "1" } } }))], get())).toThrow(
      "condition operator not supported: DateLessThan",
    );
    const odd = { ...allow(), NotAction: "s3:*" } as PolicyStatement;
    expect(() => evaluate([policy(odd)], get())).toThrow("policy element not supported: NotAction");
  });
});
