import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sendUrl, signature } from "../../../services/dingtalk-bridge/sign.ts";

const endpoint = "https://oapi.dingtalk.com/robot/send";

describe("signature", () => {
  // Expected values: the Python example of DingTalk's documentation (hmac.new, base64.b64encode, urllib.parse.quote_plus),
  // run with these inputs; its secret is "this is secret". The first was made with `openssl dgst -sha256 -hmac` too.
  it.each([
    [1577262236757, "this is secret", "hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D"],
    [
      1795436397784,
      "SECa1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90",
      "e6m5FNT1aLjTl3QQ23VeG1pMaxIrsQuZiMQUFAJ%2Fwvg%3D",
    ],
    [1700000000000, "SEC密钥", "s8xRj0UePX4HEo30d9sQbQm%2Ftqu%2Fg3RPiFUbv1oGY8o%3D"],
  ])("equals the documented computation for %i", (timestamp, secret, quoted) => {
    expect(encodeURIComponent(signature(timestamp, secret))).toBe(quoted);
    const query = sendUrl(endpoint, "token", secret, timestamp).search;
    expect(query).toBe(`?access_token=token&timestamp=${String(timestamp)}&sign=${quoted}`);
  });

  it("is what DingTalk recomputes from the query", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1e12, max: 2e12 }),
        fc.string({ unit: "grapheme", minLength: 1 }),
        (time, secret) => {
          const query = sendUrl(endpoint, "t", secret, time).searchParams;
          const text = `${query.get("timestamp") ?? ""}\n${secret}`;
          expect(query.get("sign")).toBe(createHmac("sha256", secret).update(text).digest("base64"));
        },
      ),
    );
  });
});

describe("sendUrl", () => {
  it("has no signature without a secret", () => {
    expect(sendUrl(endpoint, "a+b/c", undefined, 1).href).toBe(`${endpoint}?access_token=a%2Bb%2Fc`);
  });

  it("keeps a query that the endpoint has", () => {
    expect(sendUrl("https://proxy.example.com/ding?tenant=1", "t", undefined, 1).search).toBe(
      "?tenant=1&access_token=t",
    );
  });
});
