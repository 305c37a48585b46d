#!/usr/bin/env node
/** The command `dcenter`: `heddle center` under its older name. */
import { main } from './main.js'

await main(['center', ...process.argv.slice(2)])
