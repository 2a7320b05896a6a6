import { builder } from '../builder.ts'

export const DestinationDeleted = builder
  .objectRef<{ id: string }>('DestinationDeleted')
  .implement({
    description: 'A destination that is gone for good.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'The id that it had. It is never given again.' }),
    }),
  })
