-- One row a requested provider of the good traces. was_answered: a response row names its location.
SELECT
    CAST(provider_no AS INTEGER) AS provider_no,
    trim(asked.serviceLocation) AS service_location,
    coalesce(nullif(trim(asked.providerType), ''), 'Unknown') AS provider_type,
    coalesce(nullif(trim(asked.speciality.code), ''), 'Unknown') AS specialty,
    coalesce(nullif(trim(asked.providerNetworks.networkID), ''), 'Unknown') AS network_id,
    coalesce(nullif(trim(asked.providerNetworkParticipation.providerTier), ''), 'Unknown') AS provider_tier,
    coalesce(nullif(trim(asked.providerIdentificationNumber), ''), trim(asked.serviceLocation)) AS provider_id,
    nullif(trim(asked.nationalProviderId), '') AS national_provider_id,
    nullif(trim(asked.taxIdentificationNumber), '') AS tax_id,
    CAST(coalesce(list_contains(returned_locations, trim(asked.serviceLocation)), false) AS INTEGER) AS was_answered,
    _row_number
FROM (
    SELECT
        unnest(asked_list) AS asked, generate_subscripts(asked_list, 1) AS provider_no, returned_locations, _row_number
    FROM $parsed WHERE fault IS NULL
) AS listed
