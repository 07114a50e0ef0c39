import type { Logger } from '../src/logger.ts'

export const silentLog: Logger = { debug() {}, info() {}, warn() {}, error() {} }
