import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { startDashboard } from '../../../src/http/http-scheduler.js'
import { HttpWorker } from '../../../src/http/http-worker.js'
import { withDefaultPorts } from '../../default-ports.js'

const node = {
  info: () => ({ name: 'alice', ports: new Map([['http', 1]]), keys: new Set(['x']), big: 1n }),
  workers: () => ['alice'],
}

async function get(port: number, path: string, host?: string): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const headers = host === undefined ? {} : { host }
    request({ port, path, host: '127.0.0.1', headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, body: JSON.parse(text) }))
    })
      .on('error', reject)
      .end()
  })
}

describe('the web pages of a node', () => {
  test('S40: a worker with HttpWorker answers /info.json', async () => {
    const service = await HttpWorker(node, { port: 0, host: '127.0.0.1' })
    expect(service.port).toBeGreaterThan(0)
    const info = await get(service.port, '/info.json')
    expect(info).toEqual({ status: 200, body: { name: 'alice', ports: { http: 1 }, keys: ['x'], big: '1' } })
    expect((await get(service.port, '/health')).body).toEqual({ status: 'ok' })
    expect((await get(service.port, '/metrics.json')).body).toHaveProperty('rss')
    expect((await get(service.port, '/processing.json')).body).toEqual({})
    await service.close()
  })

  test('an unknown page is refused with a list of those that exist', async () => {
    const service = await HttpWorker(node, { port: 0, host: '127.0.0.1' })
    const answer = await get(service.port, '/nothing')
    expect(answer.status).toBe(404)
    expect(answer.body).toHaveProperty('pages', expect.arrayContaining(['/info.json']))
    await service.close()
  })

  test('a page that fails answers 500 and the next request is served', async () => {
    let fails = true
    const info = () => {
      if (fails) throw new Error('not now')
      return { ok: true }
    }
    const service = await HttpWorker({ info }, { port: 0, host: '127.0.0.1' })
    expect(await get(service.port, '/info.json')).toEqual({ status: 500, body: { error: 'not now' } })
    fails = false
    expect((await get(service.port, '/info.json')).body).toEqual({ ok: true })
    await service.close()
  })

  test('a web site that points its own name at this machine is refused', async () => {
    const service = await HttpWorker(node, { port: 0, host: '127.0.0.1' })
    expect((await get(service.port, '/info.json', 'evil.example')).status).toBe(403)
    expect((await get(service.port, '/info.json', `localhost:${service.port}`)).status).toBe(200)
    await service.close()
  })

  test('the default dashboard port in use gives a free one; a port given by hand rejects', () =>
    withDefaultPorts(async () => {
      const taken = createServer().listen(8787, '127.0.0.1')
      await new Promise<void>((resolve) => taken.once('listening', resolve).once('error', () => resolve()))
      const lines: string[] = []
      const warn = (line: string) => void lines.push(line)
      const logger = { debug: warn, info: warn, warn, error: warn }
      const service = await startDashboard(node, { host: '127.0.0.1', logger })
      expect(service.port).not.toBe(8787)
      expect(lines[0]).toContain(`port ${service.port}`)
      expect((await get(service.port, '/workers.json')).body).toEqual(['alice'])
      const mine = (taken.address() as AddressInfo | null)?.port ?? 8787
      await expect(startDashboard(node, { port: mine, host: '127.0.0.1' })).rejects.toThrow('EADDRINUSE')
      await service.close()
      taken.close()
    }))
})
