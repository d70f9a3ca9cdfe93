import type { Code } from '../../src/domain/codes.ts'

/** What a person needs to know of a code beside its tables. */
interface ReasonText {
  /** When it fires. */
  readonly what: string
  /** Why that matters. */
  readonly why: string
  /** What to change when it fires too often, or too seldom. */
  readonly tune: string
}

export const REASON_TEXTS: Readonly<Record<Code, ReasonText>> = {
  TEXT_FRAUD: {
    what: 'The text model puts the label `fraud` above its threshold.',
    why: 'The text alone gives many frauds away, whoever sends them and from wherever.',
    tune: 'Raise `minScore` when genuine notices are taken for fraud; `sigwatch evaluate` shows what each threshold costs. Set `action: block` only after a time in shadow mode.',
  },
  TEXT_ILLICIT: {
    what: 'The text model puts the label `illicit` (gambling, fake papers, sexual services and the like) above its threshold.',
    why: 'Carriers must not carry such offers.',
    tune: 'As for TEXT_FRAUD.',
  },
  TEXT_MARKETING: {
    what: 'The text model puts the label `marketing` above its threshold.',
    why: 'It is no offence, so its action is `none`. Texts with this label, and with `finance`, are commercial: that is what consent, scope, opt-out, quiet hours and rates ask about.',
    tune: '`minScore` moves the border between commercial texts and the rest, for all of these codes.',
  },
  TEXT_FINANCE: {
    what: 'The text model puts the label `finance` (loans, cards, insurance, investment on offer) above its threshold.',
    why: 'Commercial like marketing, and watched apart because rules on financial offers are often stricter.',
    tune: 'As for TEXT_MARKETING. Where financial offers need a permit of their own, set an action.',
  },
  FORGED_BRAND: {
    what: "The text or the signature claims a brand, and the port, the link or the number to call is not that brand's. An official domain of any registered brand is never foreign. A warning that names brands but carries no link or number is genuine.",
    why: 'The classic fraud by SMS: a message in the name of a bank, a shop or an office, with a link to a copy of its site.',
    tune: "Most false alarms come from a gap in the registry: add the brand's domains, hotlines and ports. Raise `minScore` to report only what several signs agree on.",
  },
  LOOKALIKE_SIGNATURE: {
    what: 'The signature is near a registered name by glyph, by sound or by edit distance, and is itself neither registered nor filed.',
    why: 'A name that differs in one sign passes filters and eyes.',
    tune: 'File the genuine signature that resembles a brand: filed names never imitate. Raise `minSimilarity` to ask for closer likeness.',
  },
  LOOKALIKE_DOMAIN: {
    what: 'A link leads to a host near a registered domain (glyphs, internationalised names, the brand with a word added, as a subdomain, or under another suffix), which is itself no registered domain and no public shortener.',
    why: 'The address is what a careful reader looks at.',
    tune: 'Add genuine domains to the brand. Raise `minSimilarity` to ask for closer likeness.',
  },
  SIGNATURE_MISSING: {
    what: 'A commercial text has no signature, in the record or in the text. Silent for partial messages, and for ports whose signature the platform prepends later (`signatureAdded: downstream`).',
    why: 'The recipient cannot know who sends.',
    tune: 'Mark ports with `signatureAdded: downstream` in the registry.',
  },
  SIGNATURE_UNFILED: {
    what: 'The signature is not in the registry, or its filing is suspended, revoked or not in force. Off without signature rows.',
    why: 'Signatures are filed so that every text has a known sender.',
    tune: '`commercialOnly: true` leaves notices alone while the registry is still being completed.',
  },
  SIGNATURE_WRONG_PORT: {
    what: 'The signature is filed, but not for this port (and carrier and enterprise, where they are known). Another port of the same brand is this code, not FORGED_BRAND. Off without signature rows.',
    why: 'A filed signature on a foreign port is borrowed or forged.',
    tune: 'Complete the ports of the filing; a prefix with `*` covers extensions.',
  },
  SCOPE_EXPANDED: {
    what: 'Commercial text under a signature or port whose filed scope lacks it, or commercial text inside a one-time-password message.',
    why: 'Ports for notices pass without consent checks at many gateways, which makes them worth abusing.',
    tune: 'Complete `scope` in the registry; a row without scope has no limit.',
  },
  NO_CONSENT: {
    what: 'Commercial text under a signature with `consent: required` to a recipient without an "in" in the ledger. A consent ticked by default is none.',
    why: 'Commercial messages need the consent of the recipient.',
    tune: 'Set `consent: required` only for signatures whose consents are in the ledger. When consents arrive late, put it in shadow mode first.',
  },
  AFTER_OPT_OUT: {
    what: 'Commercial text under a signature that the recipient has refused, in the ledger or by a reply.',
    why: 'Sending on after a refusal is a plain offence, and draws complaints.',
    tune: 'When refusals take time to reach the senders, lower `action` to `review`.',
  },
  CONSENT_REASKED: {
    what: 'A second request for consent by the same signature to the same recipient, with no "in" between, from `minGap` on and within `window`.',
    why: 'No answer is a refusal, and asking again is forbidden.',
    tune: '`minGap` keeps retries of the same request apart from new ones.',
  },
  OPT_OUT_MISSING: {
    what: 'A commercial text names no way to refuse. Silent for partial messages.',
    why: 'Every commercial message must name one.',
    tune: 'Shorter texts than `minLength` are left alone. Frequent and harmless: `observe` keeps it in view without work for anybody.',
  },
  QUIET_HOURS: {
    what: 'A commercial text in the hours that `quietHours` of the policy names, on the clock of its zone.',
    why: 'Advertising at night disturbs people and draws complaints.',
    tune: 'Set the hours by label and carrier in `quietHours`; `null` switches a label off.',
  },
  OBFUSCATED_TEXT: {
    what: 'Folding had to change much to make the text readable: look-alike characters, signs between characters, split characters, digits in disguise.',
    why: 'Honest senders have no filter to deceive.',
    tune: 'Raise `minFolded` and `minShare` where decorated but honest texts are common.',
  },
  MARKETING_BURST: {
    what: "A signature's commercial rate in one minute, ten minutes or one hour leaves its baseline (this hour of earlier days; until there is one, the last hours) and its declared campaign. Until 24 hours of history its action is at most `review`.",
    why: 'A burst that nobody declared is a hijacked account, a leak of credentials or a campaign that slipped past approval.',
    tune: 'Declare campaigns in the registry, or give periods such as Double Eleven other ratios. The floors say which volumes are worth a look at all; the ratios how far above the usual.',
  },
  CAMPAIGN_BURST: {
    what: 'One template (digits, links and names masked) in texts labelled marketing, finance, fraud or illicit, over many ports or signatures. A brand on its own filed ports does not count, nor does advertising on ports filed for its signature; notices, one-time passwords and personal texts are never campaigns.',
    why: 'Spreading one campaign over many senders keeps each of them below its own limit.',
    tune: 'Raise `minPorts` and `minSignatures` where resellers spread honest campaigns over a pool of ports.',
  },
  PORT_SUBLET: {
    what: 'One exact port carries more signatures than it may (`sharedBy` of its row, default 1). Signatures of one brand count once.',
    why: 'A port that is passed on without leave has no known user.',
    tune: 'Set `sharedBy` for ports of platforms that are meant to be shared. `minMessages` keeps stray tests out.',
  },
  RECIPIENT_FLOOD: {
    what: 'One recipient gets too many one-time passwords in ten minutes, or too many commercial messages in one hour or 24 hours.',
    why: 'One-time passwords in series are SMS bombing: many honest senders are made to flood one person.',
    tune: 'The three limits are numbers of messages. Test numbers of your own go into `exemptions` (`recipient:<token>`).',
  },
  COMPLAINT_SPIKE: {
    what: 'Complaints a million messages sent, by signature and by port, lie above `perMillion` with the certainty `confidence`, and there are at least `minComplaints`.',
    why: 'What the recipients say is the measure of everything else.',
    tune: '`perMillion` is the limit of your rules; `minComplaints` protects small senders from chance.',
  },
}
