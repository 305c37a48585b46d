import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isLoopbackHost } from '../config/loopback.js'
import type { Service, ServiceOptions } from './service.js'

/** Connections at once; more are not accepted. */
const CONNECTIONS_MAX = 256
/** Of one connection, which may send them without waiting for answers. */
const REQUESTS_MAX = 1000
/** How long one may go without a byte in either direction, as when its other end does not read. */
const SILENCE_MS = 30_000

/** Pages by path: each is asked anew for every request and sent as JSON. */
export type JsonPages = Readonly<Record<string, () => unknown>>

/**
 * Serves read-only JSON pages over HTTP. The web framework is loaded at the first request, so that a node with this
 * service starts as fast as one without. It does not keep the process alive.
 */
export async function serveJson(pages: JsonPages, { port, host }: ServiceOptions): Promise<Service> {
  let listener: Promise<Listener> | undefined
  const server = createServer((request, response) => {
    listener ??= loadListener(pages, isLoopbackHost(host))
    listener.then((listen) => listen(request, response)).catch(() => response.destroy())
  })
  server.maxConnections = CONNECTIONS_MAX
  server.maxRequestsPerSocket = REQUESTS_MAX
  server.setTimeout(SILENCE_MS)
  await listen(server, port, host)
  server.unref()
  return { port: (server.address() as AddressInfo).port, close: () => closeServer(server) }
}

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown

async function loadListener(pages: JsonPages, loopback: boolean): Promise<Listener> {
  const [{ Hono }, { getRequestListener }] = await Promise.all([import('hono'), import('@hono/node-server')])
  const app = new Hono()
  app.use(async (context, next) => {
    if (loopback && !isLocalName(context.req.header('host'))) return context.json({ error: 'wrong Host header' }, 403)
    return next()
  })
  for (const [path, page] of Object.entries(pages)) {
    app.get(path, (context) => context.body(toJson(page()), 200, { 'content-type': 'application/json' }))
  }
  app.notFound((context) => context.json({ error: 'no such page', pages: Object.keys(pages) }, 404))
  app.onError((error, context) => context.json({ error: error.message }, 500))
  return getRequestListener(app.fetch)
}

/** Maps become objects, sets lists and BigInts strings; a value is otherwise what JSON makes of it. */
export function toJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_name, part: unknown) => {
    if (part instanceof Map) return Object.fromEntries(part)
    if (part instanceof Set) return [...part]
    return typeof part === 'bigint' ? String(part) : part
  })
}

// A page in a browser may point a name of its own at loopback; only then is its name in the Host header.
function isLocalName(header: string | undefined): boolean {
  const name = (header ?? '').replace(/:\d+$/, '')
  return isLoopbackHost(name)
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
