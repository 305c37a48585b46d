import { readFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { exportTarget } from './package-exports.js'

/** The package that runs; code that imports `heddle` gets this very copy, wherever its worker was started. */
export const OWN_INDEX = new URL('../index.js', import.meta.url)

/** The file that an import of `specifier` means, seen from the folder; undefined if nothing there answers to it. */
export function resolveFrom(folder: string, specifier: string): string | undefined {
  if (isBuiltin(specifier)) return specifier
  if (/^(file|data):/.test(specifier)) return specifier
  const path = isPath(specifier)
    ? resolve(folder, specifier)
    : (inPackages(folder, specifier) ?? byRequire(folder, specifier))
  return path === undefined ? undefined : pathToFileURL(path).href
}

const isPath = (specifier: string) => /^(\.{0,2}\/|[A-Za-z]:[\\/])/.test(specifier)

function byRequire(folder: string, specifier: string): string | undefined {
  try {
    return createRequire(`${folder}/`).resolve(specifier)
  } catch {
    return undefined
  }
}

/** By the `exports` of its package, as `import` does; `require.resolve` would not see what is for `import` only. */
function inPackages(folder: string, specifier: string): string | undefined {
  const [, name, rest] = /^((?:@[^/]+\/)?[^/]+)(.*)$/.exec(specifier) ?? []
  if (name === undefined) return undefined
  for (let at = folder; ; at = dirname(at)) {
    const home = join(at, 'node_modules', name)
    const manifest = manifestIn(home)
    if (manifest !== undefined) return target(home, manifest, `.${rest}`)
    if (at === dirname(at)) return undefined
  }
}

interface Manifest {
  readonly exports?: unknown
}

function target(home: string, { exports }: Manifest, subpath: string): string | undefined {
  const found = exports === undefined ? undefined : exportTarget(exports, subpath)
  return found === undefined ? undefined : join(home, found)
}

function manifestIn(home: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as Manifest
  } catch {
    return undefined
  }
}

/** The folder of a file URL. */
export const folderOf = (url: string) => dirname(fileURLToPath(new URL('./_', url)))
