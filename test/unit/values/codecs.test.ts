import { describe, expect, test } from 'vitest'
import { DecodeError, OptionError } from '../../../src/errors.js'
import { registerCodec } from '../../../src/values/codecs.js'
import { decode } from '../../../src/values/decode.js'
import { encode } from '../../../src/values/encode.js'

const back = <T>(value: T) => decode(encode(value)) as T

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
  get length() {
    return Math.hypot(this.x, this.y)
  }
}

class Money {
  readonly #cents: number
  constructor(cents: number) {
    this.#cents = cents
  }
  get cents() {
    return this.#cents
  }
}

registerCodec(Point)
registerCodec(Money, { encode: (money) => money.cents, decode: (cents) => new Money(cents) })

describe('a registered class', () => {
  test('comes back as its own properties and its prototype', () => {
    const found = back([new Point(3, 4)])[0] as Point
    expect(found).toStrictEqual(new Point(3, 4))
    expect(found.length).toBe(5)
  })

  test('runs no constructor', () => {
    let made = 0
    class Costly {
      data = ++made
    }
    registerCodec(Costly)
    back(new Costly())
    expect(made).toBe(1)
  })

  test('comes back by its own encode and decode', () => {
    const found = back({ price: new Money(500) }).price
    expect([found instanceof Money, found.cents]).toEqual([true, 500])
  })

  test('may hold others, itself and buffers', () => {
    class Tree {
      parent: Tree | undefined
      readonly children: Tree[] = []
      readonly at = new Point(1, 2)
      readonly data = new Float64Array(1000)
    }
    registerCodec(Tree)
    const tree = new Tree()
    const child = new Tree()
    child.parent = tree
    tree.children.push(child, child)
    const found = back(tree)
    expect(found.children[0]?.parent === found && found.children[0] === found.children[1]).toBe(true)
    expect(found).toStrictEqual(tree)
  })

  test('occurs once if it occurred twice', () => {
    const [a, b] = [new Money(1), new Point(1, 2)]
    const found = back([a, b, { a, b }]) as [Money, Point, { a: Money; b: Point }]
    expect([found[0] === found[2].a, found[1] === found[2].b]).toEqual([true, true])
  })

  test('goes under the name that it was given', () => {
    class Local {
      a = 1
    }
    registerCodec(Local, { name: 'app.Local' })
    expect(Buffer.from(encode(new Local()).head).includes('app.Local')).toBe(true)
    expect(back(new Local())).toBeInstanceOf(Local)
  })

  test('is the later one when it is registered again, as a module loaded anew does', () => {
    const version = (n: number) => {
      class Config {
        version = n
      }
      registerCodec(Config)
      return Config
    }
    const [First, Second] = [version(1), version(2)]
    expect(back(new First())).toBeInstanceOf(Second)
    expect(back(new Second())).toBeInstanceOf(Second)
  })

  test('may be an error', () => {
    class HttpError extends Error {
      constructor(readonly status: number) {
        super(`status ${status}`)
      }
    }
    registerCodec(HttpError)
    const found = back(new HttpError(404))
    expect(found).toBeInstanceOf(HttpError)
    expect([found.status, found.message]).toEqual([404, 'status 404'])
  })

  test('may encode values by itself meanwhile', () => {
    class Box {
      constructor(readonly held: unknown) {}
    }
    registerCodec(Box, { encode: (box) => encode(box.held).head, decode: (head) => new Box(head) })
    expect(back([new Box([1, 2]), { a: 1 }])).toStrictEqual([new Box(encode([1, 2]).head), { a: 1 }])
  })

  test('may extend Map if it says how', () => {
    class Index extends Map<string, number> {}
    registerCodec(Index, { encode: (index) => [...index], decode: (entries) => new Index(entries) })
    expect(back(new Index([['a', 1]]))).toStrictEqual(new Index([['a', 1]]))
  })
})

describe('errors', () => {
  test('data that cannot travel is refused with its path', () => {
    class Job {
      constructor(readonly run: () => void) {}
    }
    registerCodec(Job)
    expect(() => encode([new Job(() => {})])).toThrow('[0].run is a function.')
    registerCodec(Job, { encode: ({ run }) => ({ run }), decode: ({ run }) => new Job(run) })
    expect(() => encode([new Job(() => {})])).toThrow('[0].encode(Job).run is a function.')
  })

  test('an instance within its own data is refused', () => {
    class Loop {
      self: unknown = this
    }
    registerCodec(Loop, { encode: (loop) => loop.self, decode: () => new Loop() })
    expect(() => encode(new Loop())).toThrow('itself')
  })

  test('a class that this process does not know is named', () => {
    class Gone {
      a = 1
    }
    registerCodec(Gone, { name: 'Gone1' })
    const head = encode(new Gone()).head.slice()
    head[head.indexOf('1'.charCodeAt(0))] = '2'.charCodeAt(0)
    const encoded = { ...encode(1), head } as ReturnType<typeof encode>
    expect(() => decode(encoded)).toThrow(DecodeError)
    expect(() => decode(encoded)).toThrow('registerCodec(Gone2)')
  })

  test('what a codec throws comes through', () => {
    class Picky {
      a = 1
    }
    const mine = new RangeError('not today')
    const fail = () => {
      throw mine
    }
    registerCodec(Picky, { encode: () => 1, decode: fail })
    expect(() => back(new Picky())).toThrow(mine)
  })

  test('what cannot be registered is refused at once', () => {
    class Bytes extends Uint8Array {}
    expect(() => registerCodec(Map)).toThrow(OptionError)
    expect(() => registerCodec(Buffer as never)).toThrow(OptionError)
    expect(() => registerCodec(Bytes)).toThrow('Bytes extends')
    expect(() => registerCodec(class {})).toThrow('needs one')
    expect(() => registerCodec({} as never)).toThrow('takes a class')
    expect(() => registerCodec(Point, { encode: () => 1 })).toThrow('both encode and decode')
  })
})
