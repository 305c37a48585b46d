#!/usr/bin/env node
/** The command `dworker`: `heddle worker` under its older name. */
import { main } from './main.js'

await main(['worker', ...process.argv.slice(2)])
