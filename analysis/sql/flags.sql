-- One row a ballot, ratee and rule that points at it. Nothing leaves by this.
CREATE TABLE flags_$form AS
$rules
