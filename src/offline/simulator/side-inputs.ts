/** Rows of the side inputs (docs/asyncapi.yaml) as in their files. Times in epoch ms. */
export interface ConsentRow {
  readonly signature: string
  readonly to: string
  readonly state: 'in' | 'out'
  readonly ts: number
  readonly proof?: string
  readonly was?: { readonly state: 'in' | 'out'; readonly ts: number }
}

export interface ReplyRow {
  readonly id: string
  readonly ts: number
  readonly from: string
  readonly to: string
  readonly text: string
}

export interface ComplaintRow {
  readonly id: string
  readonly ts: number
  readonly from?: string
  readonly signature?: string
  readonly to: string
  readonly text: string
  readonly source: string
  readonly category: string
}

export interface SideInputs {
  readonly consents: readonly ConsentRow[]
  readonly replies: readonly ReplyRow[]
  readonly complaints: readonly ComplaintRow[]
}

/** Merges side inputs and sorts each kind by time. */
export function sideInputsOf(parts: readonly Partial<SideInputs>[]): SideInputs {
  const byTime = (a: { ts: number }, b: { ts: number }) => a.ts - b.ts
  return {
    consents: parts.flatMap((part) => part.consents ?? []).sort(byTime),
    replies: parts.flatMap((part) => part.replies ?? []).sort(byTime),
    complaints: parts.flatMap((part) => part.complaints ?? []).sort(byTime),
  }
}
