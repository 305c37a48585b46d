/** The parts of a function reference: `hash#export`, or `hash.environment#export` for one with an environment. */

let lastRef = ''
let lastCode = ''

/** What is loaded: the hash of the artefact, with that of the environment if there is one. */
export function codeOf(ref: string): string {
  // Mostly it is that of the task before; the same text also need not be hashed again to be found in a map.
  if (ref !== lastRef) {
    lastCode = ref.slice(0, ref.indexOf('#'))
    lastRef = ref
  }
  return lastCode
}

/** The function's name in its artefact. */
export function exportOf(ref: string): string {
  return ref.slice(ref.indexOf('#') + 1)
}

/** The hashes of `hash` or `hash.environment`. */
export function hashesOf(code: string): readonly [hash: string, environment?: string] {
  return code.split('.') as [string, string?]
}

/** The hash of its environment, if it has one. */
export function environmentOf(ref: string): string | undefined {
  const dot = ref.indexOf('.')
  const end = ref.indexOf('#')
  // A dot may also be in the name.
  return dot < 0 || dot > end ? undefined : ref.slice(dot + 1, end)
}

/** The same function in an environment. */
export function inEnvironment(ref: `${string}#${string}`, environment: string): `${string}#${string}` {
  return `${codeOf(ref)}.${environment}#${exportOf(ref)}`
}
