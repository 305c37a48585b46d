import { pathToFileURL } from 'node:url'
import { SHIPPED, type Shipped } from '../code/identity.js'
import { type BundleOptions, bundleModule, type ShippedModule } from '../code/module.js'
import { LoadError, OptionError } from '../errors.js'
import type { Logger } from '../log/log.js'
import type { AnyFunction } from './task-types.js'
import { FileWatch } from './watch.js'

/**
 * A function of a module that runs on workers: an argument of `submit`, `map`, `run` and `compute`. Never call it here.
 * It has the type of the function itself: with a brand, TypeScript would not infer what a generic one gives.
 */
export type Remote<F extends AnyFunction> = F

/** The functions that a module exports, to be run on workers. */
export type RemoteModule<M> = {
  readonly [Name in keyof M as M[Name] extends AnyFunction ? Name : never]: M[Name] extends AnyFunction
    ? Remote<M[Name]>
    : never
}

/** How a module is taken along. */
export interface ModuleOptions extends BundleOptions {
  /** As `client.watch(module)`. Default false. */
  watch?: boolean
}

/** Ends a watch. */
export interface Watching {
  close(): void
}

/** What is behind the functions of a module, which changes when its files do. */
interface Origin {
  readonly functions: Map<string, Shipped>
  readonly options: BundleOptions
  file: string
  files: readonly string[]
}

const origins = new WeakMap<object, Origin>()

/** Bundles a module and gives its functions. @throws LoadError. */
export async function loadModule<M>(path: string | URL, options: BundleOptions = {}): Promise<RemoteModule<M>> {
  const { functions, file, files } = await bundleModule(path, options)
  const origin: Origin = { functions: new Map(Object.entries(functions)), options, file, files }
  const module = Object.create(null) as RemoteModule<M>
  for (const name of origin.functions.keys()) define(module, name, origin)
  origins.set(module, origin)
  return module
}

/**
 * Bundles the module again when one of its files is saved. Code that does not compile is logged, and what was there
 * before stays.
 * @throws OptionError for what `client.module` did not give.
 */
export function watchModule(module: object, logger: Logger): Watching {
  const origin = origins.get(module)
  if (origin === undefined) throw new OptionError('module', 'only what client.module gave can be watched')
  let building = Promise.resolve()
  const watch = new FileWatch(origin.files, () => {
    building = building.then(async () => {
      try {
        take(module, origin, await bundleModule(pathToFileURL(origin.file), origin.options))
        watch.replace(origin.files)
      } catch (error) {
        logger.warn(`${(error as Error).message}; its old code is used`)
      }
    })
  })
  return watch
}

function take(module: object, origin: Origin, { functions, files }: ShippedModule): void {
  origin.files = files
  for (const [name, shipped] of Object.entries(functions)) {
    origin.functions.set(name, shipped)
    if (!(name in module)) define(module, name, origin)
  }
}

function define(module: object, name: string, origin: Origin): void {
  Object.defineProperty(module, name, { value: remote(name, origin), enumerable: true })
}

function remote(exported: string, { functions }: Origin): Remote<AnyFunction> {
  const { name } = functions.get(exported) as Shipped
  const standIn = () => {
    throw new LoadError(
      'HEDDLE_FUNCTION',
      `'${name}' runs on workers: client.submit(${name}, …). Import it to call it here.`,
    )
  }
  return Object.defineProperties(standIn, {
    name: { value: name },
    [SHIPPED]: { get: () => functions.get(exported) },
  }) as unknown as Remote<AnyFunction>
}
