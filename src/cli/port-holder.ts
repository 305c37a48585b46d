import { CENTER_PORT } from '../scheduler/center.js'

const PATIENCE_MS = 2000

/** The error of a center that could not have its own port, with who has it, if that is the web pages of a scheduler. */
export async function explainPort(error: unknown, host: string): Promise<unknown> {
  if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code !== 'EADDRINUSE') return error
  const address = await pagesOf(host)
  if (address === undefined) return error
  return new Error(
    `port ${CENTER_PORT} is held by the web pages of the scheduler at ${address}. Start the center before it, or the ` +
      'scheduler with --http-port 0, or the center with --port.',
    { cause: error },
  )
}

/** Of which scheduler the pages at that port are. */
async function pagesOf(host: string): Promise<string | undefined> {
  try {
    const url = `http://${host}:${CENTER_PORT}/info.json`
    const reply = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })
    const { type, address } = (await reply.json()) as Record<string, unknown>
    return type === 'Scheduler' && typeof address === 'string' ? address : undefined
  } catch {
    return undefined
  }
}
