import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { LoadError } from '../errors.js'
import { adoptArrow } from '../values/arrow-module.js'
import type { Artefact } from './artefact.js'
import { folderOf, OWN_INDEX, resolveFrom } from './resolve.js'

type Require = (specifier: string) => unknown

/** What an artefact's body reaches the rest of the world by. */
export interface Importer {
  readonly load: ((specifier: string) => Promise<unknown>) & { readonly meta: object }
  readonly url: string
  readonly require: Require
  /** What CommonJS calls `__filename` and `__dirname`. */
  readonly filename: string
  readonly dirname: string
}

type Source = Pick<Artefact, 'name' | 'url' | 'externals'>

/** Packages are looked for beside the artefact's source, if that is on this machine, then from the working directory. */
export function importerOf(source: Source): Importer {
  const here = pathToFileURL(`${process.cwd()}/`).href
  const url = isOfThisSystem(source.url) ? source.url : here
  const folders = [...new Set([folderOf(url), folderOf(here)])]
  const found = new Map<string, string>()
  const load = (specifier: unknown) => importFrom(folders, String(specifier), source, found)
  const meta = metaOf(url, folders)
  const { filename, dirname } = meta
  return { load: Object.assign(load, { meta }), url, require: requireFrom(folders, source), filename, dirname }
}

/** A path of Windows is none elsewhere, and the other way round. */
function isOfThisSystem(url: string | undefined): url is string {
  try {
    return url !== undefined && fileURLToPath(url) !== ''
  } catch {
    return false
  }
}

async function importFrom(
  folders: readonly string[],
  specifier: string,
  source: Source,
  found: Map<string, string>,
): Promise<unknown> {
  if (isHeddle(specifier)) return forTasks(await import(ownFile(specifier)))
  const url = found.get(specifier) ?? firstOf(folders, specifier)
  if (url === undefined) throw notHere(specifier, source)
  // What a task imports each time is looked for once; made-up URLs are not kept.
  if (!specifier.includes(':')) found.set(specifier, url)
  const module: unknown = await import(url)
  if (specifier === 'apache-arrow') adoptArrow(module)
  return module
}

function firstOf(folders: readonly string[], specifier: string): string | undefined {
  for (const folder of folders) {
    const found = resolveFrom(folder, specifier)
    if (found !== undefined) return found
  }
  return undefined
}

function requireFrom(folders: readonly string[], source: Source): Require {
  const required = (specifier: string) => {
    if (isHeddle(specifier)) return forTasks(createRequire(OWN_INDEX)(fileURLToPath(ownFile(specifier))))
    return requireFirst(folders, specifier, source)
  }
  return Object.assign(required, { resolve: createRequire(`${folders[0]}/`).resolve })
}

function requireFirst(folders: readonly string[], specifier: string, source: Source): unknown {
  for (const folder of folders) {
    const require = createRequire(`${folder}/`)
    if (canResolve(require, specifier)) return require(specifier)
  }
  throw notHere(specifier, source)
}

function canResolve(require: NodeJS.Require, specifier: string): boolean {
  try {
    return require.resolve(specifier) !== ''
  } catch {
    return false
  }
}

const isHeddle = (specifier: string) => specifier === 'heddle' || specifier.startsWith('heddle/')
const ownFile = (specifier: string) => new URL(`${specifier.slice('heddle/'.length) || 'index'}.js`, OWN_INDEX).href

/** Within a module that travels all its functions do: `task` gives the function. */
function forTasks(heddle: object): object {
  return { ...heddle, task: (_where: unknown, fn: unknown) => fn }
}

function metaOf(url: string, folders: readonly string[]) {
  const filename = fileURLToPath(url)
  const resolve = (specifier: string) => firstOf(folders, specifier) ?? new URL(specifier, url).href
  return { url, filename, dirname: folderOf(url), resolve }
}

function notHere(specifier: string, { name, externals }: Source): LoadError {
  const external = externals.find((one) => specifierOf(one) === packageOf(specifier))
  const nature = external === undefined ? '' : ', a native module or one kept out of the bundle, which cannot be sent'
  return new LoadError(
    external === undefined ? 'HEDDLE_LOAD' : 'HEDDLE_NATIVE',
    `'${name}' imports '${specifier}'${nature}; it is not installed here (looked for from ${process.cwd()}). ` +
      `Run 'npm i ${external ?? packageOf(specifier)}' here, or start workers from your project folder`,
  )
}

const packageOf = (specifier: string) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier
const specifierOf = (external: string) => external.replace(/(?<=.)@[^@/]*$/, '')
