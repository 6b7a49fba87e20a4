-- Of the executions whose outcome stands in :after < seq <= :up_to and that were dispatched: how many have the whole chain, from
-- who asked under which rules (and by whose yes: an answer, or one of :grants) to the outcome; how many are confirmed, and how
-- many of those by a reading. CASE, for AND and OR would look at both sides.
SELECT
  count(*) AS settled,
  coalesce(sum(CASE
    WHEN d.seq > o.seq OR d.principal = '' OR coalesce(json_extract(d.body, '$.rules'), '') = ''
      OR json_extract(d.body, '$.findings[0]') IS NULL THEN 0
    WHEN json_extract(d.body, '$.approvals[0]') IS NULL THEN 1
    WHEN EXISTS (
      SELECT 1 FROM json_each(d.body, '$.approvals') AS one WHERE one.value IN (SELECT value FROM json_each(:grants))
    ) THEN 1
    ELSE EXISTS (
      SELECT 1 FROM entries AS a
      WHERE a.execution <> '' AND a.execution IN (d.execution, json_extract(d.body, '$.plan')) AND a.kind = 'approval'
        AND json_extract(a.body, '$.answer') = 'approve'
    )
  END), 0) AS complete,
  coalesce(sum(json_extract(o.body, '$.result') = 'confirmed'), 0) AS confirmed,
  coalesce(sum(
    json_extract(o.body, '$.result') = 'confirmed' AND json_extract(o.body, '$.seen.evidence') IS NOT NULL
  ), 0) AS evident
FROM entries AS o CROSS JOIN entries AS d
  ON d.execution = o.execution AND d.execution <> '' AND d.kind = 'dispatch'
WHERE o.seq > :after AND o.seq <= :up_to AND o.kind = 'outcome'
