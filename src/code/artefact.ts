/**
 * Code as it travels: one text by content hash, loaded by `load.ts` as one async function. Identity is the hash; a node
 * asks for each hash once.
 */
export interface Artefact {
  /** 128-bit SHA-256, hex, over kind, body and externals. Checked before the artefact is loaded. */
  hash: string
  kind: 'function' | 'module'
  /** Shown in stacks: the function's name, or the module's file name. */
  name: string
  /** Body of an async function with parameters `__import` and `__url`, which returns the exports as one object. */
  body: string
  /** Source map of `body` as JSON, if it was made from other sources. */
  map?: string
  /** Packages that are resolved where the code runs. */
  externals: string[]
}
