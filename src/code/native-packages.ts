import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly gypfile?: boolean
  readonly binary?: unknown
  readonly napi?: unknown
  readonly dependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
}

/** A package whose native part must be there already where the code runs. */
export interface NativePackage {
  readonly name: string
  readonly version: string | undefined
}

/** Of the packages that these files belong to, those that come with compiled code. */
export function nativePackagesAmong(files: readonly string[]): NativePackage[] {
  const folders = new Set(files.map(packageFolderOf).filter((folder) => folder !== undefined))
  const addons = new Set(files.filter((file) => file.endsWith('.node')).map(packageFolderOf))
  return [...folders].flatMap((folder) => {
    const manifest = manifestIn(folder)
    if (manifest?.name === undefined || !(addons.has(folder) || isNative(folder, manifest))) return []
    return [{ name: manifest.name, version: manifest.version }]
  })
}

/** The package's folder, of a file somewhere below a `node_modules`. */
function packageFolderOf(file: string): string | undefined {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0]
}

function manifestIn(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  } catch {
    return undefined
  }
}

const LOADERS =
  /^(bindings|node-gyp-build(-optional-packages)?|node-addon-api|nan|prebuild-install|node-pre-gyp|@mapbox\/node-pre-gyp)$/
// Packages that are one platform's binary: `@img/sharp-linux-x64`, `@esbuild/darwin-arm64`.
const PLATFORM = /[-/](linux|darwin|win32|linuxmusl)-(x64|arm64|ia32|arm)\b/

function isNative(folder: string, { gypfile, binary, napi, dependencies, optionalDependencies }: Manifest): boolean {
  if (gypfile === true || binary !== undefined || napi !== undefined) return true
  if (Object.keys(dependencies ?? {}).some((name) => LOADERS.test(name))) return true
  if (Object.keys(optionalDependencies ?? {}).some((name) => PLATFORM.test(name))) return true
  return existsSync(join(folder, 'binding.gyp'))
}
