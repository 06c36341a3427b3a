/** The part of package-lock.json that installs a few packages, so that a test installs what the project was tested with. */

interface LockedPackage {
  version?: string;
  resolved?: string;
  integrity?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
  dev?: boolean;
  [field: string]: unknown;
}

export interface Lock {
  lockfileVersion: number;
  packages: Record<string, LockedPackage>;
}

/** Where Node finds a package that a module at `from` imports, `node_modules/a/node_modules/b`. */
function locate(lock: Lock, from: string, name: string): string | undefined {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf("node_modules/") - 1))) {
    const candidate = `${place === "" ? "" : `${place}/`}node_modules/${name}`;
    if (candidate in lock.packages) return candidate;
    if (place === "") return undefined;
  }
}

/**
 * A lock file with the named packages and everything that they need, at the versions and places of `lock`.
 *
 * @param root the manifest that the new lock file belongs to
 * @param local packages that aren't in `lock`, by place
 */
export function lockFor(
  lock: Lock,
  root: { name: string; dependencies: Record<string, string> },
  local: Record<string, LockedPackage>,
): Lock {
  const packages: Record<string, LockedPackage> = { "": root, ...local };
  const add = (
    from: string,
    { dependencies, optionalDependencies, peerDependencies, ...rest }: LockedPackage,
  ) => {
    const isOptional = (name: string) =>
      optionalDependencies?.[name] !== undefined || rest.peerDependenciesMeta?.[name]?.optional === true;
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      if (name in local || `node_modules/${name}` in local) continue;
      const place = locate(lock, from, name);
      const found = place === undefined ? undefined : lock.packages[place];
      if (place === undefined || found === undefined) {
        if (isOptional(name)) continue;
        throw new Error(`${name}, which ${from || root.name} needs, is not in the lock file`);
      }
      if (place in packages) continue;
      const { dev: _dev, ...entry } = found;
      packages[place] = entry;
      add(place, found);
    }
  };
  add("", root);
  for (const [place, entry] of Object.entries(local)) add(place, entry);
  return { lockfileVersion: lock.lockfileVersion, packages };
}
