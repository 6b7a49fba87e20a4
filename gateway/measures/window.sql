-- What stands in the entries with :after < seq <= :up_to, counted. `what` is how it ended, or what became of it; `software` is
-- whether an agent or a service did it; `grave` whether it could do damage, or the safety set stood against it.
SELECT
  kind,
  CASE kind
    WHEN 'outcome' THEN json_extract(body, '$.result')
    WHEN 'plan' THEN CASE json_extract(body, '$.stage') WHEN 'ended' THEN json_extract(body, '$.result') ELSE '' END
    WHEN 'approval' THEN coalesce(json_extract(body, '$.answer'), json_extract(body, '$.ended'), '')
    WHEN 'lease' THEN coalesce(json_extract(body, '$.change'), json_extract(body, '$.stage'), '')
    WHEN 'obligation' THEN coalesce(json_extract(body, '$.change'), '')
    WHEN 'denied' THEN json_extract(body, '$.verdict')
    WHEN 'takeover' THEN CASE WHEN json_extract(body, '$.ended') IS NULL THEN '' ELSE 'ended' END
    WHEN 'message' THEN json_extract(body, '$.type')
    ELSE ''
  END AS what,
  CASE kind WHEN 'outcome' THEN coalesce(json_extract(body, '$.reason'), '') ELSE '' END AS reason,
  principal IN (SELECT value FROM json_each(:software)) AS software,
  CASE
    WHEN kind NOT IN ('intent', 'denied', 'approval') THEN 0
    WHEN kind = 'approval' AND json_extract(body, '$.asked') IS NULL THEN 0 -- an answer; of a plan `asked` is the question
    WHEN json_extract(body, '$.hazard') >= 2 THEN 1
    WHEN kind = 'denied' THEN EXISTS (
      SELECT 1 FROM json_each(body, '$.findings') AS finding
      WHERE json_extract(finding.value, '$.set') = 'safety' AND json_extract(finding.value, '$.verdict') <> 'permit'
    )
    ELSE EXISTS (SELECT 1 FROM json_each(body, '$.asks') AS ask WHERE ask.value LIKE 'safety/%')
  END AS grave,
  count(*)
FROM entries
WHERE seq > :after AND seq <= :up_to AND kind IN (
  'intent', 'dispatch', 'outcome', 'denied', 'approval', 'plan', 'lease', 'takeover', 'correction', 'obligation', 'incident',
  'message'
)
GROUP BY 1, 2, 3, 4, 5
