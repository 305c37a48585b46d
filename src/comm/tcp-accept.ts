/**
 * Accepted sockets cannot be asked to read into given memory; only sockets that Node makes for us can. So the accepted
 * handle is handed over to a new socket. `_handle` and the `handle` option are not documented, hence the trial at
 * start: where it fails, bytes come by 'data' and are copied (about half the speed).
 */
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net'
import { Receiver } from './receiver.js'

const TRIAL_MS = 1000

type WithHandle = { _handle: unknown }

/** A socket that feeds `receiver`, made of one that was accepted by a server with `pauseOnConnect`. */
export function adopt(accepted: Socket, receiver: Receiver, direct: boolean): Socket {
  if (!direct) {
    accepted.on('data', (chunk: Buffer) => receiver.push(chunk))
    return accepted
  }
  const { _handle: handle } = accepted as unknown as WithHandle
  const socket = new Socket({ handle, onread: receiver.onread } as ConstructorParameters<typeof Socket>[0])
  // Else both sockets would own the handle, and the server would wait for this one for ever.
  ;(accepted as unknown as WithHandle)._handle = null
  accepted.destroy()
  return socket
}

let trial: Promise<boolean> | undefined

/** Whether the hand-over works on this Node; tried once per process. */
export function canAdopt(): Promise<boolean> {
  trial ??= tryAdopt().catch(() => false)
  return trial
}

/** Sends one framed message over loopback and closes again. */
function tryAdopt(): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer({ pauseOnConnect: true })
    const timer = setTimeout(() => settle(false), TRIAL_MS)
    const settle = (works: boolean) => {
      clearTimeout(timer)
      resolve(works)
      server.close()
    }
    server.on('error', () => settle(false))
    server.on('connection', (accepted) => receiveOne(accepted, server, settle))
    server.listen(0, '127.0.0.1', () => sendOne((server.address() as AddressInfo).port))
  })
}

function receiveOne(accepted: Socket, server: Server, settle: (works: boolean) => void): void {
  try {
    const receiver = new Receiver({})
    const socket = adopt(accepted, receiver, true)
    socket.on('error', () => settle(false))
    receiver.onMessage = ([frame]) => {
      socket.destroy()
      // The server must also have forgotten the connection, else it could never close.
      server.close((error) => settle(error === undefined && frame?.[0] === 42))
    }
    socket.resume()
  } catch {
    accepted.destroy()
    settle(false)
  }
}

function sendOne(port: number): void {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.end(Uint8Array.of(17, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 42))
  socket.resume()
}
