import { testSeeds } from './seeds.js'

// A file of its own, so that it runs beside the other.
testSeeds(1001, 1000)
