/** Vitest runs this file before each spec file. A module that it imports runs once in each worker. */
import './equal-arrays.js'
