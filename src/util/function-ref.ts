/** The parts of a function reference: `hash#export`, or `hash.environment#export` for one with an environment. */

/** What is loaded: the hash of the artefact, with that of the environment if there is one. */
export function codeOf(ref: string): string {
  return ref.slice(0, ref.indexOf('#'))
}

/** The function's name in its artefact. */
export function exportOf(ref: string): string {
  return ref.slice(ref.indexOf('#') + 1)
}

/** The hashes of `hash` or `hash.environment`. */
export function hashesOf(code: string): readonly [hash: string, environment?: string] {
  return code.split('.') as [string, string?]
}

/** The same function in an environment. */
export function inEnvironment(ref: `${string}#${string}`, environment: string): `${string}#${string}` {
  return `${codeOf(ref)}.${environment}#${exportOf(ref)}`
}
