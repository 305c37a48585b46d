import { basename, extname } from 'node:path'
import { bundle } from './bundle.js'
import { exportedFunctions } from './exported-functions.js'
import type { Shipped } from './identity.js'
import { locate } from './locate.js'

export { pure } from './pure.js'
export { task } from './task.js'

/** The functions of a bundled module by export name; what is exported and no function is absent. */
export interface ShippedModule {
  readonly functions: Readonly<Record<string, Shipped>>
  /** The module's own. */
  readonly file: string
  /** Files that the bundle was made of. */
  readonly files: readonly string[]
}

/** What goes into a bundle. */
export interface BundleOptions {
  /** File (or its URL) that a relative path is looked for beside. Default: the caller's. */
  from?: string
  /** Packages that are not bundled but resolved where the code runs. Packages with native parts never are bundled. */
  external?: readonly string[]
}

/**
 * Bundles a module file with its dependencies (esbuild) into one artefact; the module's top level runs once in each
 * thread that uses it. `path`: a URL as it is; a relative path is looked for beside `from` or the caller's file, then in
 * the working directory.
 * @throws LoadError HEDDLE_LOAD for a file that is not there or does not compile, with file, line and column.
 */
export async function bundleModule(path: string | URL, options: BundleOptions = {}): Promise<ShippedModule> {
  const file = locate(path, options.from)
  const { artefact, source, files } = await bundle({ file, external: options.external ?? [] })
  const functions: Record<string, Shipped> = Object.create(null)
  for (const { exported, local, pure } of exportedFunctions(source)) {
    const name = exported === 'default' ? nameOfDefault(local, file) : exported
    functions[exported] = { ref: `${artefact.hash}#${exported}`, artefact, name, pure }
  }
  return { functions, file, files }
}

/** esbuild calls an unnamed default export `tasks_default`. */
function nameOfDefault(local: string, file: string): string {
  return /_default\d*$/.test(local) || local === 'default' ? basename(file, extname(file)) : local
}
