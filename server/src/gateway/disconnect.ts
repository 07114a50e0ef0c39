import { disconnects, type DisconnectName } from '@parley/protocol/codes'

/** Thrown by a command: the connection ends with this code. */
export class Disconnect extends Error {
  readonly reason: DisconnectName

  constructor(reason: DisconnectName) {
    super(disconnects[reason].reason)
    this.name = 'Disconnect'
    this.reason = reason
  }
}
