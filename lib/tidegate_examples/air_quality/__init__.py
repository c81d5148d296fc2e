"""Air quality: fine particles at stations in Poland."""
