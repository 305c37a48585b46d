import { SHIPPED, type Shipped } from '../code/identity.js'
import { type BundleOptions, bundleModule } from '../code/module.js'
import { LoadError } from '../errors.js'
import type { AnyFunction } from './task-types.js'

/** A function of a module that runs on workers: an argument of `submit`, `map`, `run` and `compute`. Never call it here. */
export type Remote<F extends AnyFunction> = F & { readonly [SHIPPED]: Shipped }

/** The functions that a module exports, to be run on workers. */
export type RemoteModule<M> = {
  readonly [Name in keyof M as M[Name] extends AnyFunction ? Name : never]: M[Name] extends AnyFunction
    ? Remote<M[Name]>
    : never
}

/** Bundles a module and gives its functions. @throws LoadError. */
export async function loadModule<M>(path: string | URL, options?: BundleOptions): Promise<RemoteModule<M>> {
  const { functions } = await bundleModule(path, options)
  const made = Object.entries(functions).map(([name, shipped]) => [name, remote(shipped)])
  return Object.assign(Object.create(null), Object.fromEntries(made)) as RemoteModule<M>
}

function remote(shipped: Shipped): Remote<AnyFunction> {
  const { name } = shipped
  const standIn = () => {
    throw new LoadError(
      'HEDDLE_FUNCTION',
      `'${name}' runs on workers: client.submit(${name}, …). Import it to call it here.`,
    )
  }
  return Object.defineProperties(standIn, {
    name: { value: name },
    [SHIPPED]: { value: shipped },
  }) as unknown as Remote<AnyFunction>
}
