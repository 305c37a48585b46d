/**
 * Code as it travels: one text by content hash, loaded by `load.ts` as one async function. Identity is the hash; a node
 * asks for each hash once.
 */
export interface Artefact {
  /** 128-bit SHA-256, hex, over kind, body, externals and url. Checked before the artefact is loaded. */
  hash: string
  /** `file`: data for tasks; `environment`: what a client wants of the place where its tasks run. Neither is code. */
  kind: 'function' | 'module' | 'file' | 'environment'
  /** Shown in stacks: the function's name, or the module's file name. */
  name: string
  /**
   * Body of an async function with parameters `__import`, `__url`, `require`, `__filename` and `__dirname`, which
   * returns the exports as one object; for kind 'function' it awaits nothing. Of a file: its
   * name, and in the next line its bytes, base64. Of an
   * environment: JSON, see `environment.ts`.
   */
  body: string
  /** Source map of `body` as JSON, if it was made from other sources. */
  map?: string
  /** Packages that are resolved where the code runs; with `@version` where it is known. */
  externals: string[]
  /**
   * URL of the source file on the machine that bundled it: its `import.meta.url` (and `__filename`), and the
   * first place where externals are looked for. Part of the hash; absent where the code asks for neither.
   */
  url?: string
}
