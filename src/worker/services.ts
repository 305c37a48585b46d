import { HeddleError } from '../errors.js'
import type { Service, ServiceNode } from '../http/service.js'
import type { Address } from '../protocol/names.js'
import { parseAddress } from '../util/address.js'
import type { WorkerPlan } from './options.js'

/** The servers that run beside a worker, by name. */
export class Services {
  readonly running = new Map<string, Service>()
  readonly #plan: Pick<WorkerPlan, 'services' | 'servicePorts'>

  constructor(plan: Pick<WorkerPlan, 'services' | 'servicePorts'>) {
    this.#plan = plan
  }

  /** Ports by name: those that were given, and those that were taken. */
  get ports(): Record<string, number> {
    const ports = { ...this.#plan.servicePorts }
    for (const [name, { port }] of this.running) ports[name] = port
    return ports
  }

  /** @throws HeddleError that names the service which could not start; those before it run until `close`. */
  async start(node: ServiceNode, host: string): Promise<void> {
    for (const [name, { factory, port }] of this.#plan.services) {
      try {
        this.running.set(name, await factory(node, { port, host }))
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause)
        throw new HeddleError('HEDDLE_SERVICE', `the service '${name}' could not start: ${reason}`, { cause })
      }
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.running.values()].map((service) => service.close()))
    this.running.clear()
  }
}

/** Web pages are not encrypted: where that is not said to be right, they are for this machine alone. */
export function servicesHost({ tls, insecure }: WorkerPlan, listening: Address): string {
  return tls === undefined || insecure ? parseAddress(listening).host : '127.0.0.1'
}
