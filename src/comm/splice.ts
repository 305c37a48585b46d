/** Two connections made one: what comes on either leaves on the other, as it is. */
import { ProtocolError } from '../errors.js'
import type { Comm } from './comm.js'
import { TcpComm } from './tcp-comm.js'

/**
 * Joins the one who asked (`a`) with whom he wants to speak (`b`, before it was read). Nothing is read faster than the
 * other side takes it, so only some 100 KiB are ever here; both end together. `b` is not read before `a` has spoken, so
 * that what answers a request does not arrive together with the last message from here.
 *
 * @throws ProtocolError when they have no sockets.
 */
export function splice(a: Comm, b: Comm): void {
  if (a.closed) return b.abort(new ProtocolError('whoever asked for this connection is gone'))
  if (!(a instanceof TcpComm && b instanceof TcpComm)) throw new ProtocolError('only sockets can be joined')
  b.passOn((bytes) => pass(bytes, b, a))
  b.pause()
  let spoken = false
  a.passOn((bytes) => {
    if (!spoken) b.resume()
    spoken = true
    pass(bytes, a, b)
  })
  endTogether(a, b)
  endTogether(b, a)
  a.resume()
}

function pass(bytes: Uint8Array, from: TcpComm, to: TcpComm): void {
  if (to.write(bytes)) return
  from.pause()
  to.onceDrained(() => from.resume())
}

function endTogether(one: TcpComm, other: TcpComm): void {
  const { onClose } = one
  one.onClose = (reason) => {
    onClose(reason)
    void other.close()
  }
}
