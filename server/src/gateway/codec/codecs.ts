import type { Encode } from '../../delivery/frame.ts'
import type { Codec, Form } from './codec.ts'
import { jsonCodec } from './json.ts'
import { protobufCodec } from './protobuf.ts'

export const codecs: Readonly<Record<Form, Codec>> = { json: jsonCodec, protobuf: protobufCodec }

/** For the hub, whose frames are encoded once per form. */
export const encodePublications: Encode = (form, publications) =>
  codecs[form as Form].publications(publications)
