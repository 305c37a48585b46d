import type { Shipped } from './identity.js'

/** The functions of a bundled module by export name; what is exported and no function is absent. */
export interface ShippedModule {
  readonly functions: Readonly<Record<string, Shipped>>
  /** Files that the bundle was made of. */
  readonly files: readonly string[]
}

/**
 * Bundles a module file with its dependencies (esbuild) into one artefact. `path`: a URL as it is; a relative path is
 * looked for beside the file of `callerOf` (a stack position), then in the working directory.
 * @throws LoadError HEDDLE_LOAD for a file that is not there or does not compile, with file, line and column.
 */
export declare function bundleModule(path: string | URL, options?: { from?: string }): Promise<ShippedModule>

/**
 * Marks a top-level function of the caller's own file so that a slice of that file travels: the function and what it
 * references, never the program itself. `where` is `import.meta` or `__filename`.
 * @throws LoadError HEDDLE_TASK_NOT_TOP_LEVEL unless `fn` is a named top-level function or const of that file.
 */
export declare function task<F extends (...args: never[]) => unknown>(where: ImportMeta | string, fn: F): F
/** Declares that equal calls give equal results: they may share one. */
export declare function pure<F extends (...args: never[]) => unknown>(fn: F): F
