const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/**
 * What every worker thread of Node 20 has. A fixed list: the client's own globals do not count, since polyfills, jsdom
 * and test runners add to them what no worker has.
 */
export const WORKER_GLOBALS = words(`
  undefined NaN Infinity globalThis global eval isFinite isNaN parseFloat parseInt decodeURI decodeURIComponent
  encodeURI encodeURIComponent escape unescape
  Object Function Array Number Boolean String Symbol BigInt Date Promise RegExp Math JSON Intl Reflect Proxy
  Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError DOMException
  Map Set WeakMap WeakSet WeakRef FinalizationRegistry
  ArrayBuffer SharedArrayBuffer Atomics DataView Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array
  Float32Array Float64Array Uint8ClampedArray BigUint64Array BigInt64Array WebAssembly
  console process Buffer structuredClone queueMicrotask atob btoa performance fetch crypto
  setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate
  URL URLSearchParams AbortController AbortSignal Event EventTarget CustomEvent TextEncoder TextDecoder
  ReadableStream ReadableStreamDefaultReader ReadableStreamBYOBReader ReadableStreamBYOBRequest
  ReadableByteStreamController ReadableStreamDefaultController TransformStream TransformStreamDefaultController
  WritableStream WritableStreamDefaultController WritableStreamDefaultWriter ByteLengthQueuingStrategy
  CountQueuingStrategy TextEncoderStream TextDecoderStream CompressionStream DecompressionStream
  BroadcastChannel MessageChannel MessagePort MessageEvent Blob File FormData Headers Request Response
  Crypto CryptoKey SubtleCrypto Performance PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver
  PerformanceObserverEntryList PerformanceResourceTiming
`)

/** Names that code asks for by `typeof` to learn where it runs; a worker answers 'undefined'. */
export const FOREIGN_GLOBALS = words(`
  window document navigator self location localStorage sessionStorage Deno Bun WebSocket EventSource XMLHttpRequest
  WorkerGlobalScope DedicatedWorkerGlobalScope importScripts HTMLElement Element Node Image FileReader Worker
  EdgeRuntime jest vi __DEV__ define exports module Iterator AsyncDisposableStack DisposableStack Float16Array
`)
