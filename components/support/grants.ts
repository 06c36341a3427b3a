import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** A ServiceAccount that is given rights, and the component that gives them. */
export interface Grantee {
  account: pulumi.Input<string>;
  namespace: pulumi.Input<string>;
  labels: Record<string, pulumi.Input<string>>;
  component: pulumi.Resource;
}

/**
 * Gives rules to an account: a Role and its binding in the namespace `scope`, or a ClusterRole and its binding when there
 * is no scope. `name` is the Pulumi name of both and their Kubernetes name; cluster-wide objects get the account's
 * namespace in front of it, because those of two installations would otherwise be one.
 */
export function grant(
  name: string,
  { account, namespace, labels, component }: Grantee,
  rules: k8s.types.input.rbac.v1.PolicyRule[],
  scope?: pulumi.Input<string>,
): pulumi.Resource[] {
  const subjects = [{ kind: "ServiceAccount", name: account, namespace }];
  const options = { parent: component };
  if (scope === undefined) {
    const metadata = { name: pulumi.interpolate`${namespace}-${name}`, labels };
    const role = new k8s.rbac.v1.ClusterRole(name, { metadata, rules }, options);
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name };
    return [role, new k8s.rbac.v1.ClusterRoleBinding(name, { metadata, roleRef, subjects }, options)];
  }
  const metadata = { name, namespace: scope, labels };
  const role = new k8s.rbac.v1.Role(name, { metadata, rules }, options);
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name };
  return [role, new k8s.rbac.v1.RoleBinding(name, { metadata, roleRef, subjects }, options)];
}
