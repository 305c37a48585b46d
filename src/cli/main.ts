import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { compileSooner } from '../util/compile-sooner.js'
import { addCenterCommand, addSchedulerCommand } from './node-commands.js'
import { addReplayCommand } from './replay-command.js'
import { addWorkerCommand } from './worker-command.js'

const FAILED = 1
const USAGE = 2

/**
 * Runs one command line (without `node` and the script) and ends the process: exit code 0 when all went well or a
 * signal ended it, 1 when something failed, 2 when the command line itself is wrong.
 */
export async function main(args: readonly string[]): Promise<void> {
  compileSooner()
  try {
    await buildProgram().parseAsync(args, { from: 'user' })
    process.exit()
  } catch (error) {
    process.exit(report(error))
  }
}

/** The commands with their options; throws instead of ending the process. */
export function buildProgram(): Command {
  const program = new Command('heddle').description('A distributed task network for TypeScript.')
  program.version(ownVersion(), '--version', 'print the version').exitOverride()
  program.showHelpAfterError('(see --help)').helpCommand(false)
  addSchedulerCommand(program)
  addCenterCommand(program)
  addWorkerCommand(program)
  addReplayCommand(program)
  for (const command of program.commands) command.exitOverride().showHelpAfterError('(see --help)')
  return program
}

function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** Says in one line on stderr what went wrong; gives the exit code. */
export function report(error: unknown): number {
  // Commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE
  const failure = error instanceof Error ? error : new Error(String(error))
  const text = process.env.HEDDLE_LOG_LEVEL === 'debug' ? failure.stack : failure.message.replace(/\s*\n\s*/g, ' ')
  process.stderr.write(`heddle: ${text}${hintFor(failure)}\n`)
  return isUsage(failure) ? USAGE : FAILED
}

function isUsage(error: NodeJS.ErrnoException): boolean {
  return error.code === 'HEDDLE_OPTION'
}

function hintFor(error: NodeJS.ErrnoException): string {
  const code = error.code === 'EADDRINUSE' || (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE'
  return code ? ' (choose another port with --port; 0 is any free one)' : ''
}
