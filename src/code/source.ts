import type { AnyNode, ArrowFunctionExpression, FunctionExpression, Program, Property } from 'acorn'
import { LoadError } from '../errors.js'
import { nativePathOf } from './native-path.js'
import { parse, walk } from './syntax.js'

type FunctionNode = FunctionExpression | ArrowFunctionExpression

/** A function's text as an expression, and what is known of it. */
export interface FunctionSource {
  readonly name: string
  /** An expression that gives the function, alone on its lines: line n here is line n of `fn.toString()`. */
  readonly expression: string
  readonly program: Program
  readonly node: FunctionNode
  readonly strict: boolean
  /** From `fn.toString()`, for messages. */
  readonly text: string
}

/** @throws LoadError HEDDLE_FUNCTION for functions without source, classes, and what needs its object. */
export function sourceOf(fn: (...args: never[]) => unknown): FunctionSource {
  const text = Function.prototype.toString.call(fn)
  const name = fn.name === '' ? 'lambda' : fn.name
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) throw nativeFunction(fn, name)
  const method = asMethod(text)
  const parsed = parseEither(`(${text}\n)`) ?? parseEither(method)
  if (parsed === undefined) throw unparsable(name, text)
  return fromParsed(name, text, parsed)
}

interface Parsed {
  readonly code: string
  readonly program: Program
  readonly strict: boolean
}

/** As modules and classes are, strict; only what strict code forbids is read as a sloppy script. */
function parseEither(code: string): Parsed | undefined {
  for (const sourceType of ['module', 'script'] as const) {
    try {
      return { code, program: parse(code, sourceType), strict: sourceType === 'module' }
    } catch {}
  }
  return undefined
}

/** Methods print as `name(x) {…}`, which is an expression within braces only. */
function asMethod(text: string): string {
  return `({${text.replace(/^static(?=[\s*[])/, '')}\n})`
}

function fromParsed(name: string, text: string, { code, program, strict }: Parsed): FunctionSource {
  const node = expressionOf(program)
  if (node?.type === 'ObjectExpression' && node.properties.length === 1) return fromMember(name, text, code, strict)
  if (node?.type === 'ClassExpression') throw isClass(name)
  if (node?.type !== 'FunctionExpression' && node?.type !== 'ArrowFunctionExpression') throw unparsable(name, text)
  refuseSuper(name, node)
  return { name, text, expression: code, program, node, strict }
}

function expressionOf(program: Program): AnyNode | undefined {
  const [statement] = program.body
  return program.body.length === 1 && statement?.type === 'ExpressionStatement' ? statement.expression : undefined
}

/** The member's own name takes the place of its key, which may have been computed from anything. */
function fromMember(name: string, text: string, code: string, strict: boolean): FunctionSource {
  const property = memberOf(parse(code, strict ? 'module' : 'script'))
  if (property.kind !== 'init') throw isAccessor(name)
  const value = property.value as FunctionExpression
  const prefix = `${value.async ? 'async ' : ''}${value.generator ? '*' : ''}`
  // What stood before the parameters may have had line breaks; they stay, so that lines remain true.
  const breaks = code.slice(0, value.start).replace(/[^\n]/g, '')
  const renamed = `({${prefix}[${JSON.stringify(name)}]${breaks}${code.slice(value.start, property.end)}\n})`
  const program = parse(renamed, strict ? 'module' : 'script')
  const node = memberOf(program).value as FunctionExpression
  refuseSuper(name, node)
  const expression = `${renamed}[${JSON.stringify(name)}]`
  return { name, text, expression, program, node, strict }
}

function memberOf(program: Program): Property {
  const object = expressionOf(program)
  return (object?.type === 'ObjectExpression' ? object.properties[0] : undefined) as Property
}

/** `super` has no meaning away from its class. */
function refuseSuper(name: string, root: FunctionNode): void {
  const hasItsOwn = ({ type }: AnyNode) => /^(ClassDeclaration|ClassExpression|ObjectExpression)$/.test(type)
  const refuse = ({ type }: AnyNode) => {
    if (type === 'Super') throw usesSuper(name)
  }
  walk(root, refuse, hasItsOwn)
}

const refused = (message: string) => new LoadError('HEDDLE_FUNCTION', message)

function nativeFunction(fn: (...args: never[]) => unknown, name: string): LoadError {
  const path = nativePathOf(fn)
  if (path !== undefined) {
    const args = path.startsWith('x.') ? 'x, ...args' : '...args'
    return refused(
      `'${name}' is native and has no source that could travel. Wrap the call: (${args}) => ${path}(...args)`,
    )
  }
  return refused(
    `'${name.trim()}' is native or bound and has no source that could travel, nor has what it is bound to. ` +
      'Pass a function that takes that as an argument',
  )
}
const isClass = (name: string) =>
  refused(`'${name}' is a class, which is not called but made. Pass a function: (...args) => new ${name}(...args)`)
const isAccessor = (name: string) =>
  refused(`'${name}' is a getter or setter. Pass a function that reads or sets the value.`)
const usesSuper = (name: string) =>
  refused(`'${name}' uses super, which only its class can give. Put the class into a module: client.module(path)`)

function unparsable(name: string, text: string): LoadError {
  const cause = reasonFor(text)
  return new LoadError(
    'HEDDLE_FUNCTION',
    `the source of '${name}' cannot stand by itself: ${cause.message}. Put it into a module: client.module(path)`,
    { cause },
  )
}

function reasonFor(text: string): Error {
  const codes = /^\s*(async\s*)?(function\b|\(|\w+\s*=>|class\b)/.test(text) ? [`(${text}\n)`] : [asMethod(text)]
  try {
    for (const code of codes) parse(code, 'module')
    return new Error('it is no function expression')
  } catch (error) {
    return error as Error
  }
}
