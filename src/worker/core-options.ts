import type { Address } from '../protocol/names.js'
import type { WorkerCore } from './core/core.js'
import type { WorkerPlan } from './options.js'

/** What the core of such a worker goes by. */
export function coreOptions(plan: WorkerPlan, address: Address): ConstructorParameters<typeof WorkerCore>[0] {
  const { nthreads, validate, resources, memoryLimit } = plan
  const known = { nthreads, validate, resources, address, random: Math.random }
  return memoryLimit === undefined ? known : { ...known, memoryLimit }
}
