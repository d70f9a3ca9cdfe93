-- Complaints that were erased with their person, by a hash of the id: the same export, or the topic read again, brings none of them back.
CREATE TABLE erased_complaint (
  -- SHA-256 of the id, hexadecimal.
  id_hash text PRIMARY KEY
);
