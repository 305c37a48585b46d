import type { OpenRelay, RequestContext, ServerOptions, StreamHandler } from './server.js'

type Check = (ask: Readonly<Record<string, unknown>>) => string | undefined

export type Handle = (ask: unknown, context: RequestContext) => unknown
export type Become = StreamHandler<unknown, unknown, unknown, unknown>

/** What one operation needs to be answered. */
export interface Route {
  readonly check: Check
  readonly handle?: Handle
  readonly stream?: Become
  readonly relay?: OpenRelay
}

/**
 * The operations of a server by name; a Map, since the names that are looked up come from the network.
 * @throws TypeError for an operation without a check.
 */
export function routesOf({ handlers, streams = {}, relays = {}, checks }: ServerOptions): ReadonlyMap<string, Route> {
  const routes = new Map<string, Route>()
  // That a handler is given what its check lets through is a matter of the tables' types.
  for (const [op, handle] of Object.entries(handlers)) {
    routes.set(op, { check: checkOf(checks, op), handle: handle as Handle })
  }
  for (const [op, stream] of Object.entries(streams)) {
    routes.set(op, { check: checkOf(checks, op), stream: stream as Become })
  }
  for (const [op, relay] of Object.entries(relays)) {
    routes.set(op, { check: checkOf(checks, op), relay: relay as OpenRelay })
  }
  return routes
}

function checkOf(checks: Readonly<Record<string, Check>>, op: string): Check {
  const check = Object.hasOwn(checks, op) ? checks[op] : undefined
  if (!check) throw new TypeError(`the operation '${op}' has no check`)
  return check
}
