import { MsgpackWriter } from '../protocol/msgpack-writer.js'

/** What a Dask node understands as a failed call: it is in its log and in the error that its user sees. */
export function refusalForDask(): Uint8Array {
  const writer = new MsgpackWriter({ plain: true })
  const message = 'This is a Heddle node, which does not talk to Dask nodes yet. Check the address.'
  writer.write({ status: 'error', message })
  return writer.take()
}
