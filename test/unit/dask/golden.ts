/** Messages that stock Dask nodes have sent, and nodes that send what they are told to. */
import { readFileSync } from 'node:fs'
import { packDask, unpackDask } from '../../../src/dask/wire/codec.js'
import type { StreamLine } from '../../../src/rpc/foreign.js'

export type Message = Map<string, unknown>

/** The frames of one captured message. */
export function goldenFrames(file: 'client' | 'worker' | 'messages', name: string): Uint8Array[] {
  const text = readFileSync(new URL(`./fixtures/${file}.json`, import.meta.url), 'utf8')
  const frames = (JSON.parse(text) as Record<string, string[]>)[name] as string[]
  return frames.map((frame) => Uint8Array.from(Buffer.from(frame, 'base64')))
}

/** A Dask node that gives these answers, one after the other, and keeps what it was sent. */
export function node(...answers: (unknown | Uint8Array[])[]): StreamLine & { heard: unknown[] } {
  const heard: unknown[] = []
  const ask = async (frames: readonly Uint8Array[]) => {
    heard.push(unpackDask(frames))
    const answer = answers.shift()
    return Array.isArray(answer) && answer[0] instanceof Uint8Array ? answer : packDask(answer)
  }
  return {
    heard,
    peer: 'tcp://127.0.0.1:8786',
    ask,
    beside: ask,
    tell: (frames) => void heard.push(unpackDask(frames)),
  }
}
