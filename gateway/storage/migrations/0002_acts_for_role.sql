-- What the person for whom an agent acts was when its token was made. It counts while nothing else is known of that person.
ALTER TABLE tokens ADD COLUMN acts_for_role TEXT NOT NULL DEFAULT '';
UPDATE tokens SET acts_for_role = coalesce(
  (SELECT person.role FROM tokens AS person
    WHERE person.principal = tokens.acts_for AND person.role IN ('owner', 'adult', 'child', 'guest')
    ORDER BY person.created_at DESC, person.rowid DESC LIMIT 1),
  'owner'                                     -- until now only the owner could make a token for somebody who had none
) WHERE acts_for <> '';
