#!/usr/bin/env node
/** The command `heddle`. */
import { main } from './main.js'

await main([...process.argv.slice(2)])
